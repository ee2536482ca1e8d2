"""Pages of a stranger's PDF drawn as pictures: by a process that can do nothing else, and ends with them."""
