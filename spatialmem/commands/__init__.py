"""What can be typed after `spatialmem`: one module a command, listed in `spatialmem.cli`."""
