"""Open the sinks of an instance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import assert_never

from reconciler.model.settings import (
    AgeSinkSetting,
    CommandSinkSetting,
    DotenvSinkSetting,
    Instance,
    JsonSinkSetting,
    Settings,
    SinkSetting,
)
from reconciler.secrets.delivery import Deliverer
from reconciler.secrets.masking import Mask
from reconciler.secrets.recipients import RecipientResolver, reading_below
from reconciler.secrets.sink import Sink
from reconciler.support.subprocess_env import environment_without


def open_deliverer(
    instance: Instance, settings: Settings, environ: Mapping[str, str], pipeline: Mask | None = None
) -> Deliverer:
    """Open the sinks of an instance. Their programs get `environ` without the credentials of any instance."""
    inherited = environment_without(environ, settings.secret_variables)
    return Deliverer(
        [_open(each, instance, settings, inherited) for each in instance.sinks],
        pipeline,
        resolver=RecipientResolver(instance.sinks, settings.owners, reading_below(settings.path.parent, environ)),
        system_clients=instance.system_clients,
    )


def _open(setting: SinkSetting, instance: Instance, settings: Settings, environ: Mapping[str, str]) -> Sink:
    match setting:
        case AgeSinkSetting():
            from reconciler.secrets.sinks.age import AgeSink

            return AgeSink(setting, instance.name, settings.owners)
        case DotenvSinkSetting():
            from reconciler.secrets.sinks.dotenv import DotenvSink

            return DotenvSink(setting, instance.name, environ)
        case JsonSinkSetting():
            from reconciler.secrets.sinks.json_file import JsonSink

            return JsonSink(setting, instance.name, environ)
        case CommandSinkSetting():
            from reconciler.secrets.sinks.command import CommandSink

            return CommandSink(setting, instance.name, instance.identity, environ)
        case _:
            assert_never(setting)
