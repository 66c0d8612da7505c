"""Small bots to compare the real one with. Each runs as `python -m benchmarks.baselines.<name>`."""
