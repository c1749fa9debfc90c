"""Words that lines use in anybody's files, in the languages that exports come in."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# For no customer.
NOBODY = _words(
    "null none nan na n/a nil undefined unknown anonymous anonym anonyme anonimo anonimowy "
    "guest guestcheckout guestuser gast invite invitado ospite gosc walkin walkincustomer "
    "cashcustomer cash barverkauf laufkunde comptoir mostrador sansclient nocustomer "
    "notregistered unregistered #n/a #ref! #value! #name? #null! - -- --- ? . (blank) (none) "
    "(null) 0 00 000 0000 00000 000000 0.0 -1 unbekannt inconnu desconocido sconosciuto "
    "onbekend nieznany"
)
# Codes of what is no product.
SERVICES = _words(
    "post postage dot m manual d discount s samples b baddebt adjust adjust2 cruk amazonfee "
    "bankcharges bank charges pads shipping ship freight delivery carriage fee fees handling "
    "tip tips gift giftcard giftwrap voucher coupon versand versandkosten porto rabatt "
    "gutschein pfand livraison port remise frais envio descuento spedizione sconto "
    "verzendkosten korting wysylka rabat frete desconto"
)
# What cancels a sale.
TAKES_BACK = _words(
    "return returned returns refund refunded cancelled canceled cancellation cancel credit "
    "creditnote creditmemo void voided storno storniert retoure gutschrift retour rembourse "
    "avoir annule devolucion devuelto reembolso anulado cancelado reso rimborso annullato "
    "teruggestuurd geannuleerd zwrot anulowane korekta devolvido"
)
# Names of columns whose words say what a line is.
STATUS_NAMES = _words(
    "type linetype ordertype transactiontype invoicetype documenttype doctype kind status "
    "orderstatus linestatus state transactionstatus iscancelled cancelled canceled isreturn "
    "returned return refund refunded belegart art vorgang typ statut typedocument tipo estado "
    "stato soort rodzaj situacao"
)
