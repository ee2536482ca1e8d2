"""What is kept, how long, and what goes: classes as data, files, received bytes."""
