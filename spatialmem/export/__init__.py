"""What leaves a world: splat files, rendered images, videos and contact sheets."""
