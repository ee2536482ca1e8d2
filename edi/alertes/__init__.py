"""Alerts: what is wrong at one look, since when, who must act; told once, reminded, acknowledged, over.

:mod:`tableau` is a frozen picture of the platform, :mod:`surveillances` and :mod:`controles` say what is
wrong in it, :mod:`vie` what is to be told of that, :mod:`lettre` in which words; these are pure.
:mod:`observation` takes the picture, :mod:`courriel` and :mod:`crochet` send, :mod:`veille` makes one
look of it all.
"""
