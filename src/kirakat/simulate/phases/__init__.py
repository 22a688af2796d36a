"""The paper's three phases, simulated: known effects, Kirakat's own logs and reports."""
