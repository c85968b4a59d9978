"""How the embedded generator is trained: situations from grown worlds, and what is made of them."""
