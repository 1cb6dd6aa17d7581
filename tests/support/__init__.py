"""What tests of several rooms share: one world, one envelope, crashes, servers."""
