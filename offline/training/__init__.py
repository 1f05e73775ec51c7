"""Trainers: from interactions to models. Closed-form families train themselves; the trainers here
need Spark or torch.
"""
