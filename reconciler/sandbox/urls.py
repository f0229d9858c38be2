"""Which redirects the platform accepts as URLs: one rule from 4.1 to 4.15, an older one, and a newer one.

The whole redirect is checked as one URL, so a comma between several is just a character, and a comma may be in a path,
a query or a fragment, but not in a host. The scheme must be in a long list. No part is decoded.
"""

from __future__ import annotations

import re
import unicodedata
from ipaddress import AddressValueError, IPv6Address

# The registered and the well-known schemes that the validator of the platform's framework accepts.
_SCHEMES = frozenset(
    """
    aaa aaas about acap acct acd acr adiumxtra adt afp afs aim amss android appdata apt ark attachment aw barion
    beshare bitcoin bitcoincash blob bolo browserext calculator callto cap cast casts chrome chrome-extension cid
    coap coap+tcp coap+ws coaps coaps+tcp coaps+ws com-eventbrite-attendee content conti crid cvs dab data dav
    diaspora dict did dis dlna-playcontainer dlna-playsingle dns dntp dpp drm drop dtn dvb ed2k elsi example
    facetime fax feed feedready file filesystem finger first-run-pen-experience fish fm ftp fuchsia-pkg geo gg git
    gizmoproject go gopher graph gtalk h323 ham hcap hcp http https hxxp hxxps hydrazone iax icap icon im imap info
    iotdisco ipn ipp ipps irc irc6 ircs iris iris.beep iris.lwz iris.xpc iris.xpcs isostore itms jabber jar jms
    keyparc lastfm ldap ldaps leaptofrogans lorawan lvlt magnet mailserver mailto maps market message mid mms modem
    mongodb moz ms-access ms-browser-extension ms-calculator ms-drive-to ms-enrollment ms-excel ms-eyecontrolspeech
    ms-gamebarservices ms-gamingoverlay ms-getoffice ms-help ms-infopath ms-inputapp ms-lockscreencomponent-config
    ms-media-stream-id ms-mixedrealitycapture ms-mobileplans ms-officeapp ms-people ms-project ms-powerpoint
    ms-publisher ms-restoretabcompanion ms-screenclip ms-screensketch ms-search ms-search-repair
    ms-secondary-screen-controller ms-secondary-screen-setup ms-settings ms-settings-airplanemode
    ms-settings-bluetooth ms-settings-camera ms-settings-cellular ms-settings-cloudstorage
    ms-settings-connectabledevices ms-settings-displays-topology ms-settings-emailandaccounts ms-settings-language
    ms-settings-location ms-settings-lock ms-settings-nfctransactions ms-settings-notifications ms-settings-power
    ms-settings-privacy ms-settings-proximity ms-settings-screenrotation ms-settings-wifi ms-settings-workplace
    ms-spd ms-sttoverlay ms-transit-to ms-useractivityset ms-virtualtouchpad ms-visio ms-walk-to ms-whiteboard
    ms-whiteboard-cmd ms-word msnim msrp msrps mss mtqp mumble mupdate mvn news nfs ni nih nntp notes ocf oid
    onenote onenote-cmd opaquelocktoken openpgp4fpr pack palm paparazzi payto pkcs11 platform pop pres prospero
    proxy pwid psyc pttp qb query redis rediss reload res resource rmi rsync rtmfp rtmp rtsp rtsps rtspu s3
    secondlife service session sftp sgn shttp sieve simpleledger sip sips skype smb sms smtp snews snmp soap.beep
    soap.beeps soldat spiffe spotify ssh steam stun stuns submit svn tag teamspeak tel teliaeid telnet tftp tg
    things thismessage tip tn3270 tool ts3server turn turns tv udp unreal urn ut2004 v-event vemmi ventrilo videotex
    vnc view-source wais webcal wpid ws wss wtai wyciwyg xcon xcon-userid xfire xmlrpc.beep xmlrpc.beeps xmpp xri
    ymsgr z39.50 z39.50r z39.50s
    """.split()  # noqa: SIM905 - nobody could read a list literal of this
)

# `\w` is a letter or a number of any script, or "_"; combining marks and symbols are neither.
_ESCAPE = "%[0-9A-Fa-f]{2}"
_PARTS = re.compile(
    rf"""
    (?P<scheme> [A-Za-z0-9+.\-]+ ) ://
    (?: (?: (?: [\w.\-] | {_ESCAPE} )+ : )? (?: [\w.\-] | {_ESCAPE} )+ @ )?    # user information
    (?: \[ (?P<ipv6> [0-9A-Fa-f:.]+ ) \] | (?P<host> [^/?#:@\[\]]+ ) )
    (?: : [0-9]+ )?
    (?: / (?: [\w.~!$&'()*+,;=:@\-] | {_ESCAPE} )* )*
    (?: \? (?: [\w.~!$&'()*+,;=:@/?\[\]\-] | {_ESCAPE} )* )?
    (?: \# (?: [\w.~!$&'()*+,;=:@/?\-] | {_ESCAPE} )* )?
    """,
    re.VERBOSE,
)
_PUNYCODE_END = re.compile(r".+xn--(?:[^\W_]|-)+", re.IGNORECASE | re.DOTALL)


# The first rule: everything is fine after the host. The host ends in a letter, or is four numbers.
_PARTS_4_0 = re.compile(
    r"""
    (?P<scheme> [A-Za-z0-9+.\-]+ ) ://
    (?: (?: [\w.\-]+ : )? [\w.\-]+ @ )?
    (?: \[ (?P<ipv6> [0-9A-Fa-f:.]+ ) \] | (?P<host> [^/?#:@\[\]\s]+ ) )
    (?: : [0-9]+ )?
    (?: [/?\#] \S* )?
    """,
    re.VERBOSE,
)
_FOUR_NUMBERS = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}", re.ASCII)


def is_url(text: str) -> bool:
    """Whether 4.1 to 4.15 accept this text as a redirect. It must be trimmed."""
    parts = _PARTS.fullmatch(text)
    if parts is None or parts["scheme"].lower() not in _SCHEMES:
        return False
    return _is_host(parts["host"]) if parts["ipv6"] is None else _is_ipv6(parts["ipv6"])


def is_url_4_0(text: str) -> bool:
    """Whether 4.0 accepts this text as a redirect. It must be trimmed."""
    parts = _PARTS_4_0.fullmatch(text)
    if parts is None or parts["scheme"].lower() not in _SCHEMES:
        return False
    if parts["host"] is None:
        return _is_ipv6(parts["ipv6"])
    name = parts["host"].removesuffix(".")
    numbers = _FOUR_NUMBERS.fullmatch(parts["host"]) is not None
    return numbers or (_is_host(name) and (name[-1].isalpha() or _PUNYCODE_END.fullmatch(name) is not None))


def is_url_2026(text: str) -> bool:
    """Whether 2026 accepts this text as a redirect: the host has no empty label. It must be trimmed."""
    parts = _PARTS.fullmatch(text)
    return is_url(text) and (parts is None or ".." not in (parts["host"] or ""))


def _is_host(host: str) -> bool:
    """Letters, numbers, symbols (also emoji), dashes, dots, underscores: at least two, the last a letter or number.

    One dot may follow. A last label in Punycode may end in a dash.
    """
    if not all(_is_letter_or_number(c) or c in "-_." or unicodedata.category(c)[0] == "S" for c in host):
        return False
    name = host.removesuffix(".")
    return (len(name) > 1 and _is_letter_or_number(name[-1])) or _PUNYCODE_END.fullmatch(name) is not None


def _is_letter_or_number(char: str) -> bool:
    return char.isalnum()


def _is_ipv6(text: str) -> bool:
    try:
        IPv6Address(text)
    except AddressValueError:
        return False
    return True
