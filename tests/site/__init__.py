"""The documentation as a site: `make site` builds it from the pages as GitHub shows them."""
