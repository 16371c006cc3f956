"""Models that run at somebody else's: a picture goes out over HTTP, a matte comes back, and it costs money."""
