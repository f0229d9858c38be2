"""`defaults:`: what each instance has of them. What is said about mistakes, word for word: tests/cases/invalid."""

from __future__ import annotations

import json
from pathlib import Path

from reconciler.declared.config.defaults import NOT_EMBEDDED
from reconciler.declared.config.in_force import SettingInForce, SettingOrigin, settings_in_force
from reconciler.declared.schema.files import schema_text
from reconciler.declared.schema.validate import validate_document
from reconciler.declared.yaml.load import load_text
from reconciler.model.clients import Location
from reconciler.model.settings import ClientCertificate, CredentialNames, DotenvSinkSetting, Limits
from tests.declared.config.test_settings import ROOT, read, sound

FLEET = """\
variables: {host: top, only_top: top}
defaults:
  credentials: {username_env: "PM_{INSTANCE}_USERNAME", password_file: "secrets/{instance}", as_is: true}
  variables: {host: default, port: 8443}
  limits: {deletes: 10, creates: 1}
  ca_bundle: certs/ca.pem
  wave: 1
  system_clients: [Plugin *]
  sinks: [{dotenv: {path: ".env.{INSTANCE}"}}]
  policy: {required_fields: [owner], forbidden_grants: [password]}
instances:
  acme-eu.1:
    url: https://eu.example.com
  us:
    url: https://us.example.com
    variables: {host: own}
    limits: {creates: 50}
    wave: 2
    system_clients: []
    sinks: []
    credentials: {username_env: "{INSTANCE}_USER", password_env: PM_PASSWORD}
    policy: {forbidden_grants: []}
  box:
    embedded: box.sqlite3
policy: {allowed_owners: [team]}
"""


def test_an_instance_has_the_defaults_that_it_does_not_replace() -> None:
    eu, us, box = sound(FLEET).instances
    assert eu.credentials == CredentialNames(
        "PM_ACME_EU_1_USERNAME", password_file=ROOT / "secrets/acme-eu.1", as_is=True
    )
    assert us.credentials == CredentialNames("US_USER", "PM_PASSWORD"), "replaced as a whole"
    assert eu.variables == {"host": "default", "only_top": "top", "port": "8443"}
    assert us.variables == {"host": "own", "only_top": "top", "port": "8443"}, "merged by key"
    assert eu.limits == Limits(creates=1, updates=25, deletes=10, deliveries=25, issuer_changes=0)
    assert us.limits == Limits(creates=50, updates=25, deletes=10, deliveries=25, issuer_changes=0), "merged by key"
    assert (eu.ca_bundle, eu.wave, eu.system_clients) == (ROOT / "certs/ca.pem", 1, ("Plugin *",))
    assert (us.ca_bundle, us.wave, us.system_clients, us.sinks) == (ROOT / "certs/ca.pem", 2, (), ())
    assert eu.sinks == (DotenvSinkSetting(".env.{INSTANCE}", ROOT),)
    assert (eu.policy.required_fields, eu.policy.allowed_owners) == (("owner",), ("team",))
    assert (us.policy.required_fields, us.policy.allowed_owners) == ((), ("team",)), "replaced, then those at the top"
    assert (box.credentials, box.limits, box.ca_bundle, box.wave) == (None, Limits(), None, 1)


def test_null_on_an_instance_means_none_of_the_defaults() -> None:
    top, instances = FLEET.split("  wave: 1\n")
    certificate = "  client_certificate: {certificate: '{instance}.pem', key: a.key}\n"
    none = "    ca_bundle: null\n    client_certificate: null\n"
    eu, us, _ = sound(top + certificate + instances.replace("    wave: 2\n", none)).instances
    assert eu.ca_bundle == ROOT / "certs/ca.pem"
    assert eu.client_certificate == ClientCertificate(ROOT / "acme-eu.1.pem", ROOT / "a.key")
    assert (us.ca_bundle, us.client_certificate) == (None, None)


def test_no_subprocess_sees_a_variable_that_a_default_names() -> None:
    assert sound(FLEET).secret_variables == {"PM_ACME_EU_1_USERNAME", "US_USER", "PM_PASSWORD"}


def test_instances_may_share_what_is_written_without_a_placeholder() -> None:
    _, problems = read(
        "defaults: {credentials: {username_env: PM_USER, password_file: secrets/pm}, ca_bundle: ca.pem}\n"
        "instances: {a: {url: https://a.example.com}, A-1: {url: https://b.example.com}}"
    )
    assert problems == []


def test_credentials_are_needed_where_there_are_neither_own_nor_defaults() -> None:
    for defaults in ("", "defaults: {}\n", "defaults: {timeout: 5}\n"):
        loaded = load_text(f"{defaults}instances: {{a: {{url: https://a.example.com}}}}".encode(), "f")
        assert "an instance needs `credentials:`" in str(validate_document(loaded.documents[0], "reconciler"))


def test_embedded_instances_leave_out_what_the_schema_forbids_them() -> None:
    forbidden = json.loads(schema_text("reconciler"))["definitions"]["instance"]["then"]["properties"]
    names = {key for key, value in forbidden.items() if value.get("not") == {}}
    assert names - {"url"} == NOT_EMBEDDED


def test_each_setting_in_force_says_where_it_is_written() -> None:
    [document] = load_text(FLEET.encode(), "f").documents
    found = settings_in_force(document, lambda _: 0)
    us = {setting.key: setting for setting in found["us"]}
    assert us["limits.deletes"] == SettingInForce("limits.deletes", "10", SettingOrigin.DEFAULTS, Location("f", 5, 21))
    assert us["limits.creates"] == SettingInForce("limits.creates", "50", SettingOrigin.INSTANCE, Location("f", 17, 23))
    assert us["limits.updates"] == SettingInForce("limits.updates", "25", SettingOrigin.BUILT_IN, None)
    assert us["variables.only_top"] == SettingInForce(
        "variables.only_top", "top", SettingOrigin.TOP_LEVEL, Location("f", 1, 34)
    )
    assert us["credentials.username_env"].value == "US_USER"
    assert us["policy.allowed_owners"].origin == SettingOrigin.TOP_LEVEL
    eu = {setting.key: setting for setting in found["acme-eu.1"]}
    assert eu["sinks"].value == "[{dotenv: {path: .env.ACME_EU_1}}]"
    assert eu["credentials.password_file"].location == Location("f", 3, 72)
    assert not {"limits.creates", "credentials.username_env", "ca_bundle"} & {each.key for each in found["box"]}


def test_a_variable_of_the_defaults_is_reported_once_if_nothing_uses_it() -> None:
    sources = sound(FLEET).variable_sources
    assert [place.line for name, place in sources if name == "port"] == [4]
    assert len(sources) == len(set(sources))


def test_a_default_among_hundreds_of_keys_is_at_its_place() -> None:
    """Large mappings are looked up in another way."""
    many = "".join(f"    v{number}: x\n" for number in range(150))
    text = f"defaults:\n  variables:\n{many}instances:\n  a:\n    url: http://a\n    variables: {{v149: y, w: z}}\n"
    [document] = load_text(text.encode(), "f").documents
    found = {setting.key: setting.location for setting in settings_in_force(document, lambda _: 0)["a"]}
    assert found["variables.v148"] == Location("f", 151, 11)
    assert found["variables.v149"] == Location("f", 156, 23)
    assert found["variables.w"] == Location("f", 156, 29)


def test_paths_start_from_the_folder_of_the_file(tmp_path: Path) -> None:
    settings, _ = read(FLEET, tmp_path)
    assert settings is not None
    assert settings.instances[0].ca_bundle == tmp_path / "certs/ca.pem"
