"""What staff and operators do, one module a subject. Every function asks ``permissions.require`` before it acts.

Reads return a ``version``; writes take it back and raise :class:`~portal.domain.admin.edits.Outdated` when somebody
else was faster. A change and its entry in the audit log are one transaction; once committed, every process sees it.
"""
