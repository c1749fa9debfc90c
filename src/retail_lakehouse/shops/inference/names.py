"""Names that headers give our columns, in the languages that exports come in."""

import re
import unicodedata
from collections.abc import Sequence

from retail_lakehouse.shops.inference.words import SMALL
from retail_lakehouse.shops.notation.currencies import CODES, SIGNS

# As Online Retail II writes them, for sentences; then all names in use. A column with a name of an
# earlier row is preferred to one of a later row; within one row, values must decide.
SHOWN = {
    "invoice": "Invoice",
    "stock_code": "StockCode",
    "description": "Description",
    "quantity": "Quantity",
    "invoice_date": "InvoiceDate",
    "price": "Price",
    "amount": "Amount",
    "customer_id": "Customer ID",
    "country": "Country",
    "invoice_time": "InvoiceTime",
}
# The header of Online Retail II.
II_HEADER = (
    "Invoice", "StockCode", "Description", "Quantity", "InvoiceDate", "Price", "Customer ID",
    "Country",
)  # fmt: skip
_NAMES: dict[str, tuple[str, ...]] = {
    "invoice": (
        "invoice invoiceno",
        "invoicenumber invoiceid invoicenr invoicenum orderid orderno ordernumber ordernr "
        "ordernum receiptid receiptno receiptnumber receipt transactionno transactionid "
        "transactionnumber transaction billno billnumber billid basketid ticketid ticketno "
        "ticketnumber documentno documentnumber docno voucherno salesorder salesorderno "
        "salesordernumber salesid saleid rechnung rechnungsnr rechnungsnummer bestellnr "
        "bestellnummer bestellung auftragsnr auftragsnummer belegnr belegnummer bonnr facture "
        "nofacture numfacture numerofacture nfacture nrfacture commande numcommande "
        "numerocommande nocommande idcommande factura nofactura numfactura numerofactura nfactura "
        "pedido idpedido numeropedido nopedido fattura numerofattura nfattura ordine numeroordine "
        "idordine factuur factuurnr factuurnummer bestelnr bestelnummer ordernummer faktura "
        "fakturanr nrfaktury numerfaktury nrdokumentu numerzamowienia fatura numerofatura",
        "order bill basket ticket document beleg bon",
        "name",
    ),
    "stock_code": (
        "stockcode",
        "sku skuid skucode productid productno productcode productnumber productsku productnr "
        "itemid itemno itemcode itemnumber itemsku articleid articleno articlenumber articlecode "
        "lineitemsku materialno asin plu artikelnr artikelnummer artnr artikelid produktnr "
        "produktnummer produktid produktcode warennr refproduit codeproduit codearticle idproduit "
        "idarticle refarticle referencearticle referenceproduit nproduit reference codigoproducto "
        "codproducto idproducto codigoarticulo referencia codiceprodotto codicearticolo "
        "idprodotto artikelcode kodproduktu idproduktu indeks codigoproduto idproduto codproduto",
        "ean barcode upc codigo codice code material part partno",
        "product item article artikel produkt produit producto prodotto produto",
    ),
    "description": (
        "description",
        "productname itemname articlename productdescription itemdescription producttitle "
        "lineitemname bezeichnung artikelbezeichnung produktbezeichnung produktname beschreibung "
        "artikelname designation libelle libelleproduit nomproduit descripcion nombreproducto "
        "descrizione nomeprodotto omschrijving productnaam artikelomschrijving opis nazwa "
        "nazwaproduktu descricao nomeproduto",
        "product item article artikel produkt produit producto prodotto produto title",
    ),
    "quantity": (
        "quantity",
        "qty units unitssold quantitysold qtysold soldqty orderqty orderquantity quantityordered "
        "qtyordered lineitemquantity pieces pcs menge anzahl stueck stueckzahl stuckzahl quantite "
        "qte cantidad unidades quantita qta aantal hoeveelheid ilosc quantidade qtd qtde antal",
        "count number weight volume",
    ),
    "invoice_date": (
        "invoicedate",
        "invoicedatetime invoicetimestamp orderdate orderdatetime ordertimestamp purchasedate "
        "orderpurchasetimestamp saledate salesdate transactiondate transactiondatetime receiptdate "
        "billdate documentdate docdate rechnungsdatum bestelldatum auftragsdatum belegdatum "
        "kaufdatum verkaufsdatum datefacture datecommande dateachat datevente fechafactura "
        "fechapedido fechaventa fechacompra datafattura dataordine datavendita factuurdatum "
        "besteldatum orderdatum verkoopdatum datafaktury datasprzedazy datazamowienia datapedido "
        "datavenda datafatura",
        "date datetime timestamp datum fecha data createdat soldat orderedat dateandtime "
        "zeitstempel",
        "created paidat day",
    ),
    "invoice_time": (
        "invoicetime ordertime transactiontime saletime receipttime",
        "time timeofday uhrzeit zeit heure hora ora tijd godzina",
    ),
    "price": (
        "price unitprice itemprice priceperunit unitsellingprice sellingprice salesprice "
        "saleprice productprice priceeach lineitemprice netprice grossprice unitpricenet "
        "unitpricegross preis einzelpreis stueckpreis stuckpreis verkaufspreis vkpreis nettopreis "
        "bruttopreis prixunitaire prixunitaireht prixunitairettc prixht prixttc prix prixdevente "
        "pu puht puttc precio preciounitario prezzo prezzounitario prijs stukprijs eenheidsprijs "
        "verkoopprijs cena cenajednostkowa preco precounitario pris",
        "listprice retailprice rate",
    ),
    "amount": (
        "amount lineamount linetotal totalprice totalamount totalsales sales salesamount "
        "salesvalue revenue turnover total subtotal netamount grossamount netsales grosssales "
        "extendedprice umsatz gesamtpreis betrag summe gesamtbetrag gesamt zeilensumme montant "
        "montanttotal montantht montantttc totalttc totalht chiffredaffaires importe "
        "importetotal ventas importo totale bedrag totaal regelbedrag omzet kwota wartosc "
        "valor valortotal vendas",
        "value sum spend",
    ),
    "customer_id": (
        "customerid",
        "customerno customernumber customernr customercode customernum custid custno custcode "
        "clientid clientno clientcode clientnumber userid memberid memberno membernumber "
        "membershipid loyaltyid loyaltycard buyerid accountid accountno accountnumber "
        "householdid householdkey shopperid customeruniqueid kundennr kundennummer kundenid "
        "kdnr kundnr kundnummer kundencode idclient nclient codeclient numclient numeroclient "
        "noclient idcliente "
        "codigocliente codcliente numerocliente ncliente codicecliente klantnr klantnummer klantid "
        "klantcode idklienta nrklienta numerklienta",
        "customer client user buyer member household kunde cliente klant klient",
        "email customeremail mail customername clientname kundenname nomclient",
    ),
    "country": (
        "country",
        "customercountry shippingcountry shipcountry billingcountry countryname countryregion land "
        "pays pais paese kraj nation",
        "countrycode",
    ),
}
# Of two columns that claim a name of the same rank, the earlier here has it.
_ORDER = tuple(_NAMES)
_RANKS: dict[str, dict[str, int]] = {}
for _ours, _rows in _NAMES.items():
    for _rank, _row in enumerate(_rows):
        for _name in _row.split():
            _RANKS.setdefault(_name, {}).setdefault(_ours, _rank)


def plain_name(name: str) -> str:
    """The name without what differs between writers: case, blanks, marks, accents."""
    letters = unicodedata.normalize("NFKD", name.replace("ß", "ss"))
    return re.sub(r"[^a-z0-9]", "", letters.lower())


def meanings(name: str) -> dict[str, int]:
    """Our columns that a name may stand for, with the rank of each: 0 is the surest."""
    ways = (name, _without_unit(name), _without_small_words(_without_unit(name)))
    return next((found for way in ways if (found := _RANKS.get(plain_name(way)))), {})


def _without_unit(name: str) -> str:
    """The name without what stands in brackets, and without a currency at its end."""
    bare = re.sub(r"[(\[][^)\]]*[)\]]?", " ", name)
    words = bare.split()
    while words and (words[-1].upper() in CODES or words[-1].lower() in ("in", "incl.", "excl.")):
        words.pop()
    return " ".join(words)


def _without_small_words(name: str) -> str:
    """The name without of and the: Numéro de commande as Numéro commande."""
    return " ".join(word for word in re.split(r"[\W_]+", name) if word.lower() not in SMALL)


def currency_in(name: str) -> str:
    """The currency that a column's name says, as in Price (GBP); "" if it says none."""
    found = {word for word in re.findall(r"[A-Z]{3}", name) if word in CODES and word != name}
    signs = [sign for sign in SIGNS if sign in name and not sign.isalpha()]
    # Of A$ the dollar alone says nothing.
    whole = [sign for sign in signs if not any(sign in other for other in signs if other != sign)]
    both = found | {SIGNS[sign] for sign in whole}
    return both.pop() if len(both) == 1 else ""


def matched(names: Sequence[str]) -> int:
    """How many of our columns the names could be."""
    return len({ours for name in names for ours in meanings(name)})


def candidates(names: Sequence[str]) -> dict[str, list[int]]:
    """For each of our columns, the places of the columns that it could be, all of one rank.

    Each place stands for one of ours: the one that its name is surest of.
    """
    found: dict[str, list[int]] = {}
    taken: set[int] = set()
    claims = sorted(
        (rank, _ORDER.index(ours), place)
        for place, name in enumerate(names)
        for ours, rank in meanings(name).items()
    )
    best: dict[str, int] = {}
    of_items = any(plain_name(name).startswith("lineitem") for name in names)
    for rank, order, place in claims:
        ours = _ORDER[order]
        # An order's name is its number only beside columns of its items.
        if plain_name(names[place]) == "name" and not of_items:
            continue
        if place not in taken and best.setdefault(ours, rank) == rank:
            taken.add(place)
            found.setdefault(ours, []).append(place)
    return found
