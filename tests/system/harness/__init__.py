"""What the system tests stand on: private servers on loopback, each started and ended by the test."""
