"""For users too: scripted connector, simulated exchanges with faults on demand, pytest plugin."""
