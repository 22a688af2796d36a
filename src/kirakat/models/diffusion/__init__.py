"""Backgrounds from diffusers pipelines: SD 1.5 and SDXL with ControlNet and IP-Adapter."""
