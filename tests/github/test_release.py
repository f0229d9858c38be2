"""The shell of release.yml, with stand-ins for what builds and what would be published."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from reconciler import __version__
from reconciler.project import PROJECT
from tests.declared.git.repositories import git
from tests.github.runner import HERE, ROOT, WORKFLOWS, Ran, Runner, document, missing_secrets, step_of
from tests.site.test_built import site

pytestmark = pytest.mark.skipif(bool(missing_secrets()), reason=f"not installed: {', '.join(missing_secrets())}")

DIGEST = "sha256:" + "0123456789abcdef" * 4
IMAGE = {"needs.build.outputs.image": "registry.test/keeper", "github.token": "t0ken"}


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    """A runner on a tag, whose checkout has the files that the steps read, and an installed .venv."""
    made = Runner(tmp_path / "runner")
    (made.checkout / ".venv" / "bin").mkdir(parents=True)
    (made.checkout / ".venv" / "bin" / "python").write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    (made.checkout / ".venv" / "bin" / "python").chmod(0o755)
    shutil.copy(ROOT / "Dockerfile", made.checkout)
    tag = {"GITHUB_REF_NAME": f"v{__version__}", "GITHUB_SHA": "0123456789" * 4, "GITHUB_ACTOR": "somebody"}
    made.environment.update(tag)
    return made


def stand_in(runner: Runner, name: str, does: str = "") -> None:
    """A program that notes its arguments."""
    file = runner.folder / "bin" / name
    file.write_text(f'#!/bin/sh\necho "{name} $*" >> "{runner.temp}/noted.txt"\n{does}\n')
    file.chmod(0o755)


def noted(runner: Runner) -> list[str]:
    return (runner.temp / "noted.txt").read_text().splitlines()


def act(runner: Runner, job: str, name: str, **context: str) -> Ran:
    return runner.run(step_of("release.yml", job, name), {**IMAGE, **context})


def test_nothing_is_published_where_the_project_has_no_place(runner: Runner) -> None:
    ran = act(runner, "build", "places")
    assert ran.code == 0, ran.text
    assert ran.outputs == {name: getattr(PROJECT, name) or "" for name in ("index_name", "image", "site")}
    jobs = document(WORKFLOWS / "release.yml")["jobs"]
    assert jobs["publish"]["if"] == "needs.build.outputs.index_name != ''"
    assert jobs["image"]["if"] == "needs.build.outputs.image != ''"
    assert jobs["site"]["if"].endswith("&& needs.build.outputs.site != '' }}")


@pytest.mark.parametrize("job", ["attest", "publish", "image", "release", "site"])
def test_nothing_is_signed_or_published_before_the_tests_passed(job: str) -> None:
    jobs = document(WORKFLOWS / "release.yml")["jobs"]
    needs = jobs[job]["needs"]
    assert "build" in ([needs] if isinstance(needs, str) else needs)
    assert {"run": "bash .ci/run"} in jobs["build"]["steps"]


def test_a_tag_without_notes_ends_the_release(runner: Runner) -> None:
    runner.environment["GITHUB_REF_NAME"] = "v99.0.0"
    stand_in(runner, "make", "mkdir dist")
    ran = act(runner, "build", "build twice")
    assert ran.code == 1
    assert "the tag is v99.0.0, and reconciler/__init__.py says" in ran.text


@pytest.mark.parametrize(("second", "code"), [("one", 0), ("two", 1)])
def test_the_distributions_are_built_twice_and_must_be_the_same(runner: Runner, second: str, code: int) -> None:
    """The notes are those of a changelog that has the version."""
    say = f'#!/bin/sh\ncase $2 in *changelog) echo notes;; *) exec "{sys.executable}" "$@";; esac\n'
    (runner.checkout / ".venv" / "bin" / "python").write_text(say)
    stand_in(
        runner,
        "make",
        f'text=one; [ -e made ] && text={second}; touch made; mkdir dist; echo "$text" > dist/keeper.whl',
    )
    ran = act(runner, "build", "build twice")
    assert ran.code == code, ran.text
    assert noted(runner) == ["make dist", "make dist"]
    release = runner.temp / "release"
    assert (release / "notes.md").read_text() == "notes\n"
    assert (release / "reconciler.cdx.json").exists() == (code == 0)


def test_the_image_is_built_on_the_digest_of_today_and_its_own_is_told(runner: Runner) -> None:
    stand_in(runner, "skopeo", f"echo {DIGEST}")
    told = 'case $1 in push) echo sha256:made > "$3";; login) cat > /dev/null;; esac'
    stand_in(runner, "buildah", told)
    ran = act(runner, "image", "push")
    assert ran.code == 0, ran.text
    assert ran.outputs == {"digest": "sha256:made"}
    inspected, built, login, pushed = noted(runner)
    assert inspected == "skopeo inspect --format {{.Digest}} docker://docker.io/library/python:3.13-slim"
    assert f"--build-arg BASE=docker.io/library/python@{DIGEST} --build-arg VERSION={__version__} " in built
    assert f"--tag registry.test/keeper:{__version__} ." in built
    assert login == "buildah login --username somebody --password-stdin registry.test"
    assert pushed.endswith(f"registry.test/keeper:{__version__}")
    assert "t0ken" not in "".join(noted(runner)) + ran.text


def test_an_image_whose_base_is_not_found_is_not_built(runner: Runner) -> None:
    stand_in(runner, "skopeo", "exit 1")
    stand_in(runner, "buildah")
    assert act(runner, "image", "push").code == 1
    assert len(noted(runner)) == 1


def test_the_release_has_the_notes_and_all_that_was_built(runner: Runner) -> None:
    stand_in(runner, "gh")
    dist = runner.checkout / "release" / "dist"
    dist.mkdir(parents=True)
    for name in ("a.tar.gz", "a.whl"):
        (dist / name).touch()
    ran = act(runner, "release", "release")
    assert ran.code == 0, ran.text
    [line] = noted(runner)
    assert line.startswith(f"gh release create v{__version__} --repo ")
    assert "--verify-tag" in line
    assert line.endswith(
        "--notes-file release/notes.md release/dist/a.tar.gz release/dist/a.whl release/reconciler.cdx.json"
    )


def test_the_documentation_is_published_beside_that_of_earlier_versions(runner: Runner, tmp_path: Path) -> None:
    """The branch is made, and then goes on; what cannot be asked is no branch that is not there."""
    runner.environment["GITHUB_SERVER_URL"] = str(tmp_path)
    runner.environment["GIT_TERMINAL_PROMPT"] = "0"
    assert act(runner, "site", "publish").code not in (0, 2)
    shutil.rmtree(runner.temp / "pages")
    bare = tmp_path / HERE
    git(tmp_path, "init", "--quiet", "--bare", str(bare))
    for again in range(2):
        site(runner.checkout / "build" / "site" / "html", f"number {again}")
        ran = act(runner, "site", "publish")
        assert ran.code == 0, ran.text
        shutil.rmtree(runner.checkout / "build")
        shutil.rmtree(runner.temp / "pages")
    assert git(bare, "rev-list", "--count", "gh-pages").strip() == "2"
    assert "number 1" in git(bare, "show", "gh-pages:latest/index.html")
    assert git(bare, "show", "gh-pages:schemas/a.schema.json") == "number 1"
