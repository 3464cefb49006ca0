"""Made-up buyers, addresses and products. None of them exists; the email domain is reserved."""

from __future__ import annotations

import random
import string
from dataclasses import dataclass
from decimal import Decimal

from .money import round_amount, smallest_unit

EMAIL_DOMAIN = "marketplace.amazon.example"


@dataclass(frozen=True)
class Country:
    """Names, streets and towns of one country; a town is `city|region|postal code`."""

    first_names: str
    last_names: str
    streets: str
    towns: str
    phone: str


_ENGLISH = ("Grace Alan Ada Edith Henry Rosa Walter Joan", "Hill Carter Brooks Lane Marsh Doyle")
_FRENCH = ("Camille Louis Manon Hugo Zoé Théo Élise Noé", "Moreau Lefort Garnier Blanchet Roux")
_ARABIC = ("Amal Karim Layla Omar Noor Samir Huda Yusuf", "Haddad Nassar Saleh Farouk Mansour")
_SPANISH = ("Lucía Diego Elena Mateo Carmen Pablo Inés", "Navarro Ortega Vidal Molina Prieto")
_PORTUGUESE = ("Beatriz Tiago Marina Caio Larissa Davi", "Azevedo Moraes Teixeira Barros Pinto")

COUNTRIES = {
    "US": Country(
        *_ENGLISH,
        "Juniper Street,Harbor Avenue,Mill Road,Cedar Lane",
        "Portland|OR|97201,Austin|TX|78701,Madison|WI|53703,Savannah|GA|31401",
        "+1 206 555 01",
    ),
    "CA": Country(*_ENGLISH, "Maple Street,Lake Road", "Halifax|NS|B3H 1A1", "+1 604 555 01"),
    "MX": Country(*_SPANISH, "Calle Luna,Avenida Sol", "Puebla|PUE|72000", "+52 55 5550 00"),
    "BR": Country(*_PORTUGUESE, "Rua das Palmeiras", "Curitiba|PR|80010-000", "+55 41 5550 00"),
    "DE": Country(
        "Anna Jürgen Katrin Lukas Mara Sören Heike Emil",
        "Müller-Thurgau Bergmann Köster Lindner Weiß Vogt",
        "Lindenstraße,Am Mühlbach,Gartenweg,Schillerplatz",
        "Münster||48143,Jena||07743,Köln||50667,Lübeck||23552",
        "+49 30 5550 00",
    ),
    "GB": Country(
        *_ENGLISH,
        "Orchard Close,Station Road,Abbey Row,Quay Street",
        "York|England|YO1 7HH,Bath|England|BA1 1LZ,Leeds|England|LS1 4AP",
        "+44 1632 9600",
    ),
    "FR": Country(*_FRENCH, "rue des Lilas,quai Neuf", "Lyon||69001,Nantes||44000", "+33 1 5550 00"),
    "IT": Country(
        "Giulia Marco Chiara Luca Sofia Piero",
        "Ricci Galli Fontana Moretti Serra",
        "via dei Mulini,piazza Nuova",
        "Torino|TO|10121,Lecce|LE|73100",
        "+39 06 5550 00",
    ),
    "ES": Country(*_SPANISH, "calle Mayor,plaza Nueva", "Sevilla||41001,Gijón||33201", "+34 955 00"),
    "NL": Country(
        "Sanne Daan Femke Bram Lotte Joris",
        "de Wit Bakker Mulder Kuipers",
        "Kerkstraat,Molenweg",
        "Utrecht||3511 AA,Delft||2611 AB",
        "+31 20 5550 00",
    ),
    "BE": Country(*_FRENCH, "rue du Pont,Kerkplein", "Gent||9000,Namur||5000", "+32 2 5550 00"),
    "IE": Country(*_ENGLISH, "Quay Road,Chapel Hill", "Galway|Galway|H91 X000", "+353 1 5550 00"),
    "SE": Country(
        "Astrid Nils Elsa Olle Maja Arvid",
        "Lindqvist Åkesson Holm Nyström",
        "Storgatan,Björkvägen",
        "Uppsala||753 10,Lund||222 22",
        "+46 8 5550 00",
    ),
    "PL": Country(
        "Zofia Jakub Hanna Piotr Ewa Marek",
        "Wilk Zając Kamiński Górska",
        "ulica Lipowa,ulica Polna",
        "Gdańsk||80-001,Kraków||30-001",
        "+48 22 555 00",
    ),
    "TR": Country("Elif Emre Zeynep Can", "Demir Kaya Çelik", "Lale Sokak", "İzmir||35000", "+90 232 00"),
    "ZA": Country(*_ENGLISH, "Protea Road,Bay Street", "Durban|KZN|4001", "+27 31 555 00"),
    "EG": Country(*_ARABIC, "Nile Street", "Alexandria||21500", "+20 3 5550 00"),
    "SA": Country(*_ARABIC, "Palm Road", "Jeddah||21411", "+966 12 555 00"),
    "AE": Country(*_ARABIC, "Marina Walk", "Sharjah||00000", "+971 6 555 00"),
    "IN": Country(
        "Asha Rohan Meera Vikram",
        "Nair Iyer Kapoor",
        "Lake View Road",
        "Pune|MH|411001",
        "+91 20 555",
    ),
    "JP": Country(
        "葵 蓮 陽菜 湊 凛 樹",
        "佐々木 小林 中村 吉田",
        "桜町,緑ヶ丘",
        "札幌市|北海道|060-0001",
        "+81 3 5550 00",
    ),
    "AU": Country(*_ENGLISH, "Wattle Street,Bay Road", "Hobart|TAS|7000", "+61 2 5550 00"),
    "SG": Country(*_ENGLISH, "Orchid Road", "Singapore||018956", "+65 5550 00"),
}

#: SKU, title and price of everything that the simulator's buyers order when nobody says what.
PRODUCTS = (
    ("MUG-BLUE", "Stoneware mug, blue glaze, 350 ml", "14.90"),
    ("TEA-EARL", "Earl Grey loose leaf tea, 250 g tin", "9.95"),
    ("LAMP-DESK", "Desk lamp with dimmer, brass", "48.00"),
    ("NOTE-A5", "Dotted notebook A5, 160 pages", "7.49"),
    ("BAG-CANVAS", "Canvas shopping bag, natural", "12.00"),
    ("KNIFE-BREAD", "Bread knife, 24 cm, walnut handle", "36.50"),
    ("TOWEL-LINEN", "Linen kitchen towel, set of 3", "19.99"),
    ("SOAP-LEMON", "Olive oil soap with lemon, 100 g", "4.20"),
)


def invent_name(country: str, rng: random.Random) -> str:
    """A buyer's name as it could stand on a parcel in that country."""
    people = COUNTRIES[country]
    first = rng.choice(people.first_names.split())
    return f"{first} {rng.choice(people.last_names.split())}"


def invent_email(rng: random.Random) -> str:
    """An address like those behind which Amazon hides its buyers; nobody can be reached there."""
    letters = "".join(rng.choices(string.ascii_lowercase + string.digits, k=15))
    return f"{letters}@{EMAIL_DOMAIN}"


def invent_address(country: str, name: str, rng: random.Random) -> dict[str, str]:
    """A delivery address with the field names of the Orders API; empty parts are left out."""
    place = COUNTRIES[country]
    city, region, postal_code = rng.choice(place.towns.split(",")).split("|")
    number = rng.randint(1, 180)
    address = {
        "name": name,
        "addressLine1": f"{rng.choice(place.streets.split(','))} {number}",
        "addressLine2": f"Apt {rng.randint(1, 9)}" if rng.random() < 0.2 else "",
        "city": city,
        "stateOrRegion": region,
        "postalCode": postal_code,
        "countryCode": country,
        "phone": f"{place.phone}{rng.randint(10, 99)}",
        "addressType": "RESIDENTIAL",
    }
    return {field: value for field, value in address.items() if value}


def invent_asin(rng: random.Random) -> str:
    """An Amazon product number."""
    return "B0" + "".join(rng.choices(string.ascii_uppercase + string.digits, k=8))


def price_in(currency: str, price: str) -> Decimal:
    """A catalog price, written for dollars or euros, at about its size in the currency."""
    rate = Decimal(150) if smallest_unit(currency) == 1 else Decimal(1)
    return round_amount(Decimal(price) * rate, currency)
