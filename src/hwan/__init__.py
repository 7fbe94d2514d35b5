"""hwan (환): from a used battery's test file to what it still is, its grade and its next life."""
