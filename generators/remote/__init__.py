"""A generator in another process or on another machine, over HTTP: `client.Remote` and `server.GeneratorServer`."""
