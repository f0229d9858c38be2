"""Files as people really write them: every way to lay out `clients:` that an edit must leave alone.

Each declares at least what `clients:` needs to be valid, and holds the traps that its name says.
"""

from __future__ import annotations

from reconciler.declared.yaml.parse import HAS_LIBYAML

PORTAL = "https://portal.example.com/cb"

FILES: dict[str, str] = {
    "comments everywhere": """\
# yaml-language-server: $schema=../schemas/auth-clients.schema.json
# Who changes this file asks the platform team.

clients:   # in order of age
  # the first of them
  - name: Portal   # the big one
    # asked for by sales
    owner: team-portal    # 2nd floor

    # how people log in
    grants: # only one
      # the redirect
      authorization_code:   # in a browser
        # do not touch
        redirect_url: https://portal.example.com/cb   # behind the proxy
        # end of the grant
      # end of the grants
    # end of the entry
  # end of the list

# Old CRM was here until May.
""",
    "comment at the end": """\
clients:
  - name: Portal
    grants: {authorization_code: {redirect_url: https://portal.example.com/cb}}
# the end
""",
    "list at column 0": """\
clients:
- name: Portal
  grants:
    authorization_code:
      redirect_url: https://portal.example.com/cb
- name: Nightly
  grants:
    password: true
""",
    "odd indentation": """\
clients:
       -    name: Portal
            grants:
              authorization_code:
                   redirect_url:
                    - https://portal.example.com/cb
                    -   https://portal.example.com/cb2
       -    name: Nightly
            grants:
                     password:
                       justification: a job
""",
    "dash on a line of its own": """\
clients:
  -
    name: Portal
    grants:
      authorization_code:
        redirect_url: https://portal.example.com/cb
  -

    # nightly
    name: Nightly
    grants:
      password: true
""",
    "flow list": """\
clients: [ {name: Portal, grants: {authorization_code: {redirect_url: "https://portal.example.com/cb"}}} ]
""",
    "flow entries in a block list": """\
clients:
  - {name: Portal, grants: {authorization_code: {redirect_url: 'https://portal.example.com/cb'}}}   # one line
  - { name: Nightly, grants: { password: { justification: a job } } }
""",
    "flow over lines": """\
clients: [
    {name: Portal,   # the big one
     grants: {authorization_code: {redirect_url: "https://portal.example.com/cb"}},   # behind the proxy
    },
    # the nightly job
    {name: Nightly, grants: {password: true}},
    # nothing more
]   # so be it
""",
    "json": """\
{
  "clients": [
    {
      "name": "Portal",
      "grants": {
        "authorization_code": {
          "redirect_url": "https:\\/\\/portal.example.com\\/cb"
        }
      }
    }
  ]
}
""",
    "json in one line": '{"clients":[{"name":"Portal","grants":{"password":true}}]}',
    "empty list": "clients: []\n",
    "empty list with comments": "# none yet\nclients: []   # really none\n# the end\n",
    "empty list with room": "clients: [  ]",
    "empty list over lines": "clients: [\n  # none yet\n]\n",
    "empty json": '{"clients": []}\n',
    "markers": """\
%YAML 1.1
---
# between
clients:
  - name: Portal
    grants: {password: true}
...
# after the document
""",
    "no newline at the end": "clients:\n  - name: Portal\n    grants:\n      password: true",
    "comment without newline at the end": "clients:\n  - name: Portal\n    grants: {password: true}   # yes",
    "quoted keys": """\
"clients":
  - 'name': "Portal"
    "grants":
      'authorization_code': {"redirect_url": 'https://portal.example.com/cb'}
""",
    "tabs and trailing blanks": (
        "clients:\t# a tab\n  - name:\tPortal   \n    grants:  \t\n      authorization_code:\n"
        "        redirect_url:\thttps://portal.example.com/cb\t# tabbed\n   \n\n"
    ),
    "long folded scalars": """\
clients:
  - name: Portal
    description: >-
      A very long description that goes on and on, far beyond what a line of eighty characters would take, so that
      whoever dumps it folds it anew

      in two paragraphs
    grants:
      authorization_code:
        redirect_url: "https://portal.example.com/\\
          cb"
  - name: Nightly
    description: plain text
      that goes on in the next line
    grants:
      password:
        justification: |

          a job

""",
    "block scalar with kept line breaks at the end": """\
clients:
  - name: Portal
    grants: {password: true}
    description: |+
      kept


""",
    "anchors and aliases": """\
clients:
  - name: Portal
    grants: &web
      authorization_code: &code
        redirect_url: &url https://portal.example.com/cb
  - name: Second
    grants: *web
  - name: Third
    grants: {authorization_code: *code}
  - name: Fourth
    grants:
      authorization_code:
        redirect_url: *url
  - &batch
    name: Nightly
    grants: &pw {password: true}
""",
    "groups with blank lines": """\
clients:

  # --- web ---

  - name: Portal
    grants: {password: true}


  - name: Shop
    grants: {password: true}


  # --- batch ---

  - name: Nightly
    grants: {password: true}



# end of file
""",
    "explicit keys": """\
? clients
: - ? name
    : Portal
    ? grants
    : password: true
""",
    "nested lists in one line": """\
clients:
  - name: Portal
    allow: [password-without-justification]
    grants: {password: true}
""",
    "empty values": """\
clients:
- name: Portal
  grants:
    authorization_code:
      redirect_url:
        https://portal.example.com/cb
""",
    "next to nothing": "clients: [{name: P, grants: {password: true}}]",
    "the list is anchored": "clients: &all\n  - name: Portal\n    grants: {password: true}\n",
    "the flow list is anchored": "clients: &all [{name: Portal, grants: {password: true}}]\n",
    "unicode": """\
clients:
  - name: Zugänge für Ärzte 🏥
    grants: {password: true}   # žluťoučký
  - name: "\\u00dcber\\x20all"
    grants: {password: true}
""",
    "comment that looks like an end": """\
clients:
  - name: Portal
    grants: {password: true}
    # - name: Old
    #   grants: {password: true}

  # - name: Older
""",
    "unicode line breaks as escapes": """\
clients:
  - name: Portal
    description: "a\\u2028b\\Nc"
    grants: {password: true}
""",
}

if not HAS_LIBYAML:  # the parser in Python refuses a tab before a value or a comment, so that no such file loads
    del FILES["tabs and trailing blanks"]

AS_BYTES: dict[str, bytes] = {
    **{name: text.encode() for name, text in FILES.items()},
    **{f"{name}, CR LF": text.replace("\n", "\r\n").encode() for name, text in FILES.items()},
    **{f"{name}, BOM": b"\xef\xbb\xbf" + text.encode() for name, text in FILES.items() if not text.startswith("%")},
    "mixed line ends": FILES["list at column 0"].replace("\n", "\r\n", 3).encode(),
}
