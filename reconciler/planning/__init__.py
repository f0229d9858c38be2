"""Compute a plan from declared and live clients. Pure: no files, network or clock."""
