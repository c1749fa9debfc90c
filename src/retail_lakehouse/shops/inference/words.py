"""Words that lines use in anybody's files, in the languages that exports come in."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# That names may leave out: of, the.
SMALL = _words(
    "of the de du des d la le les l del della delle dello dell di do da dos das el los der die "
    "das von van het den av af"
)
# For no customer.
NOBODY = _words(
    "null none nan na n/a nil undefined unknown anonymous anonym anonyme anonimo anonimowy "
    "guest guestcheckout guestuser gast invite invitado ospite gosc walkin walkincustomer "
    "cashcustomer cash barverkauf laufkunde comptoir mostrador sansclient nocustomer "
    "notregistered unregistered #n/a #ref! #value! #name? #null! - -- --- ? . (blank) (none) "
    "(null) 0 00 000 0000 00000 000000 0.0 -1 unbekannt inconnu desconocido sconosciuto "
    "onbekend nieznany -1.0 cashsale cashsales countersale laufkundschaft barkunde barzahler "
    "einmalkunde leer unassigned notset notapplicable notavailable genericcustomer defaultcustomer "
    "occasionalcustomer walkincustomers clientegenerico consumidorfinal clientecontado "
    "publicogeneral clientdivers clientpassage clientdepassage clientegenerica"
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
# Names of columns that say of a line whether it was taken back.
TAKEN_BACK_NAMES = _words(
    "iscancelled iscanceled iscancellation cancelled canceled isreturn isreturned returned return "
    "isrefund isrefunded refund refunded isvoid void voided storno storniert annule rembourse "
    "retour anulado devuelto annullato reso zwrot"
)
YES = _words("yes y true t 1 1.0 x ja j oui o si s sim tak wahr vrai verdadero vero")
# Names of columns whose words say what a line is.
STATUS_NAMES = TAKEN_BACK_NAMES | _words(
    "type linetype ordertype transactiontype invoicetype documenttype doctype kind status "
    "orderstatus linestatus state transactionstatus belegart art vorgang typ statut typedocument "
    "tipo estado stato soort rodzaj situacao"
)
