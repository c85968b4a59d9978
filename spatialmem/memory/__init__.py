"""The bank: keyframes and Gaussians on disk, committed atomically, recalled by view."""
