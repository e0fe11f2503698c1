"""What a student writes beside CS336's adapters: a package of their own."""
