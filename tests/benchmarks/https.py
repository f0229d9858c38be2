"""`plan` by https, the certificate verified against an authority of the benchmark's own, beside it by plain http."""

from __future__ import annotations

import tempfile
from pathlib import Path

import trustme

from tests.benchmarks.measuring import Figure, Job, floor, measure_together, runs_for
from tests.benchmarks.projects import write_project, write_settings
from tests.benchmarks.serving import serving
from tests.benchmarks.sizes import command


def measure_https(size: int, runs: int) -> list[Figure]:
    """Both ways and their floors, in the same rounds."""
    with tempfile.TemporaryDirectory() as plain, tempfile.TemporaryDirectory() as secure:
        write_project(Path(plain), size)
        write_project(Path(secure), size)
        bundle, certificate = write_certificates(Path(secure))
        listing = Path(plain) / "listing.json"
        with serving(listing) as http, serving(listing, certificate=certificate) as https:
            jobs = [
                *_jobs(Path(plain), size, "plan, http", http),
                *_jobs(Path(secure), size, "plan, https", https, bundle),
            ]
            return measure_together(jobs, runs_for(size, runs))


def _jobs(folder: Path, size: int, name: str, url: str, bundle: Path | None = None) -> list[Job]:
    write_settings(folder, url, ca_bundle=bundle)
    least = f"{name}: floor"
    asked = floor(folder, url, bundle=bundle)
    return [
        Job(name=name, clients=size, arguments=command(folder, "plan"), url=url, bundle=bundle, floor=least),
        Job(name=least, clients=size, arguments=asked, url=url, bundle=bundle),
    ]


def write_certificates(folder: Path) -> tuple[Path, Path]:
    """An authority, and a certificate with its key for a server on loopback: two files."""
    authority = trustme.CA()
    bundle, certificate = folder / "authority.pem", folder / "server.pem"
    authority.cert_pem.write_to_path(bundle)
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(certificate)
    return bundle, certificate
