"""What the tests share: frames made by hand, a scripted server, a real cutoverd."""
