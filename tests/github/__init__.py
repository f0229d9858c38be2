"""The workflows and the action: checked by the tools that judge such files, and their shell is run."""
