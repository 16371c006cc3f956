"""What strangers send, turned over by machines: `make fuzz` for long, a short round in every test run."""
