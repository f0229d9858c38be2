"""Find the git repository of a folder, check that it is ours, and run git in it: nothing else runs git."""
