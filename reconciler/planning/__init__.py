"""From declared and live clients to a plan: pure, without files, network or clock."""
