"""The report of one run: its figures, what they ask for, and the page that tells it.

:mod:`chiffres` are the values, :mod:`calcul` makes them of rows, :mod:`consignes` says what to do first,
:mod:`texte`, :mod:`page`, :mod:`graphe` and :mod:`annonce` write them; these are pure. :mod:`tenue` reads
and keeps.
"""
