"""What stands in rooms: pieces of furniture, and how rooms are furnished so that one can walk and live in them."""
