"""The service over one plan: thin routes over `gridmap.locating`.

::

    settings    limits, as data
    app         the application
    routes      what is answered
    responses   the shape of every answer, with examples
    errors      exceptions -> RFC 9457 problem documents
    guarding    body size, security headers
    serving     a server in front, or in the background
"""
