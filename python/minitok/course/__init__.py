"""The course: a grader that finds the bug, exercises to start from, and mutants to break.

The grader compares a submission with minitok and shows the smallest input on which they part, and the first step at which they
do. The submission runs in a process that holds no answers (``worker``).
"""
