"""Expected deposits: when a déposant usually brings how much, and what becomes of it when it does not.

:mod:`fenetres` says for which window a deposit counts, :mod:`jugement` what is wrong with a window,
:mod:`changements` what is to be told of that, :mod:`lettre` in which words, :mod:`apprentissage` what
its history would have us expect of a déposant; these are pure. :mod:`observation` reads what came,
:mod:`guet` tells the déposants, :mod:`registre` is where operators decide.
"""
