"""The commands of ``zerowire``: what a person types in, handed on; what comes of it, out and printed."""
