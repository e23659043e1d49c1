"""What the integration tests stand on: real programs, scripted peers and the gateway itself."""
