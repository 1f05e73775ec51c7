"""Trainers: from interactions to models. Closed-form families train in their own class; the
trainers in this package need Spark or torch.
"""
