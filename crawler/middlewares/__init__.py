"""The rules of the road, one file each."""
