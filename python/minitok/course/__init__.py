"""The course: a grader that finds the bug, exercises to start from, and mutants to break.

The grader compares a submission with minitok and shows the smallest input on which they part, and the first step at which they
do. The submission runs in a process that holds no answers (``worker``).

Reading order: ``grading`` (one submission, stage by stage), ``gathering`` (the files that it consists of), ``session`` (its
process, with ``users`` and ``usage``), ``bench`` (what a stage works with), ``stages``, ``search`` (the smallest input),
``parting`` and ``miscounting`` (the first wrong step of encoding and of training), ``showing`` and ``report`` (how that is
said). For students and lecturers: ``starting``, ``lessons``, ``mutants`` and ``breaking``,
``packing``; for lesson 17, ``lattice``; for lessons 16 and 18, ``beyond_bpe``.
"""
