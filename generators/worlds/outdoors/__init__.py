"""What people put outdoors: lamps and benches, cars, fences, things to play on."""
