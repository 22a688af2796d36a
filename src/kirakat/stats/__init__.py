"""Statistics shared by the bandit and the experiments: sufficient statistics and intervals."""
