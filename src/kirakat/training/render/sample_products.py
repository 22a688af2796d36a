"""The rows of the sample catalogue: invented brands and products."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One feed row; rendered unless `kind` is empty."""

    id: str
    kind: str
    colour: str
    seed: int
    title: str
    description: str
    price: str
    brand: str
    product_type: str
    category: str
    material: str = ""
    # How the camera saw it, where the photo alone would mislead.
    view: str = ""
    # Degrees above the horizontal at which the photograph is taken.
    elevation: float = 10.0
    # Where its base's centre is, as a fraction of the picture's height.
    base: float = 0.86


# The first eleven show eleven categories, so that a short run shows them all.
SAMPLES: Final[tuple[Sample, ...]] = (
    Sample(
        id="mug-navy",
        kind="mug",
        colour="navy",
        seed=11,
        brand="Sola",
        elevation=16.0,
        title="Sola Stoneware Mug 300 ml",
        price="18.50 EUR",
        description="Glazed stoneware mug, navy outside and cream inside.",
        product_type="Kitchen > Mugs",
        category="Home & Garden > Kitchen & Dining > Tableware > Drinkware > Mugs",
    ),
    Sample(
        id="lamp-sage",
        kind="lamp",
        colour="sage",
        seed=5,
        brand="Lumen",
        title="Lumen Table Lamp with Linen Shade",
        price="89.00 EUR",
        description="Ceramic table lamp with a brass stem and a linen shade.",
        product_type="Lighting > Table lamps",
        category="Home & Garden > Lighting > Lamps",
    ),
    Sample(
        id="handbag-tan",
        kind="handbag",
        colour="tan",
        seed=7,
        brand="Talla",
        title="Talla Leather Handbag",
        price="179.00 EUR",
        description="Structured top-handle handbag in pebbled tan leather.",
        product_type="Accessories > Bags",
        category="Apparel & Accessories > Handbags, Wallets & Cases > Handbags",
    ),
    Sample(
        id="sofa-sage",
        kind="sofa",
        colour="sage",
        seed=1,
        brand="Aume",
        elevation=12.0,
        title="Aume Two-Seat Sofa",
        price="749.00 EUR",
        description="Compact sofa in woven cotton on solid oak legs.",
        product_type="Furniture > Sofas",
        category="Furniture > Sofas",
    ),
    Sample(
        id="day-cream",
        kind="cream-jar",
        colour="pink",
        seed=7,
        brand="Nove",
        elevation=16.0,
        base=0.8,
        title="Nove Day Cream 50 ml",
        price="32.00 EUR",
        description="Light day cream in a ceramic jar.",
        product_type="Beauty > Face cream",
        category="Health & Beauty > Personal Care > Cosmetics > Skin Care > Lotion & Moisturizer",
    ),
    Sample(
        id="flask-teal",
        kind="flask",
        colour="teal",
        seed=1,
        brand="Kern",
        elevation=8.0,
        title="Kern Insulated Drinking Bottle 750 ml",
        price="29.90 EUR",
        description="Double-walled steel bottle, powder-coated, keeps cold for 24 hours.",
        product_type="Sport > Drinking bottles",
        category="Sporting Goods > Outdoor Recreation > Camping & Hiking > Water Bottles",
    ),
    Sample(
        id="tee-navy",
        kind="tee",
        colour="navy",
        seed=3,
        brand="Sola",
        elevation=88.0,
        title="Sola Organic Cotton T-Shirt",
        price="29.00 EUR",
        description="Mid-weight crew-neck T-shirt in organic cotton.",
        product_type="Apparel > T-shirts",
        category="Apparel & Accessories > Clothing > Shirts & Tops",
    ),
    Sample(
        id="honey-jar",
        kind="honey-jar",
        colour="mustard",
        seed=10,
        brand="Halm",
        elevation=12.0,
        title="Halm Wildflower Honey 350 g",
        price="8.40 EUR",
        description="Cold-spun honey from mountain meadows.",
        product_type="Grocery > Honey",
        category="Food, Beverages & Tobacco > Food Items > Condiments & Sauces > Honey",
    ),
    Sample(
        id="dog-bowl-teal",
        kind="dog-bowl",
        colour="teal",
        seed=1,
        brand="Orris",
        elevation=15.0,
        base=0.8,
        title="Orris Ceramic Dog Bowl",
        price="17.90 EUR",
        description="Heavy glazed bowl that does not slide.",
        product_type="Pets > Dog bowls",
        category="Animals & Pet Supplies > Pet Supplies > Pet Bowls, Feeders & Waterers",
    ),
    Sample(
        id="blocks-gate",
        kind="blocks",
        colour="sky blue",
        seed=1,
        brand="Birk",
        elevation=14.0,
        title="Birk Building Blocks, 7 Pieces",
        price="21.50 EUR",
        description="Painted beech blocks for small builders.",
        product_type="Toys > Building blocks",
        category="Toys & Games > Toys > Building Toys > Wooden Blocks",
    ),
    Sample(
        id="speaker-black",
        kind="speaker",
        colour="black",
        seed=21,
        brand="Vitri",
        title="Vitri Bookshelf Speaker",
        price="210.00 EUR",
        description="Two-way bookshelf speaker.",
        product_type="Electronics > Speakers",
        category="Electronics > Audio > Audio Components > Speakers",
    ),
    Sample(
        id="teapot-terracotta",
        kind="teapot",
        colour="terracotta",
        seed=3,
        brand="Talla",
        elevation=14.0,
        title="Talla Stoneware Teapot 900 ml",
        price="46.00 EUR",
        description="Round teapot in glazed stoneware with a beech knob.",
        product_type="Kitchen > Teapots",
        category="Home & Garden > Kitchen & Dining > Tableware > Coffee & Tea Pots",
    ),
    Sample(
        id="candle-terracotta",
        kind="candle",
        colour="terracotta",
        seed=9,
        brand="Halm",
        elevation=14.0,
        title="Halm Scented Candle 220 g",
        price="27.00 EUR",
        description="Soy wax candle with amber and cedar in a terracotta glass.",
        product_type="Home > Candles",
        category="Home & Garden > Decor > Home Fragrances > Candles",
    ),
    Sample(
        id="stool-mustard",
        kind="stool",
        colour="mustard",
        seed=1,
        brand="Birk",
        elevation=12.0,
        title="Birk Upholstered Stool",
        price="119.00 EUR",
        description="Stool with a padded seat, splayed oak legs and a brass ring.",
        product_type="Furniture > Stools",
        category="Furniture > Chairs > Table & Bar Stools",
    ),
    Sample(
        id="coffee-tin",
        kind="canister",
        colour="green",
        seed=12,
        brand="Kern",
        title="Kern Whole Bean Coffee 250 g",
        price="12.90 EUR",
        description="Single-origin whole bean coffee in a reusable tin.",
        product_type="Grocery > Coffee",
        category="Food, Beverages & Tobacco > Beverages > Coffee",
    ),
    Sample(
        id="kettlebell-12",
        kind="kettlebell",
        colour="mustard",
        seed=3,
        brand="Kern",
        elevation=12.0,
        title="Kern Cast Kettlebell 12 kg",
        price="44.00 EUR",
        description="Cast iron kettlebell with colour-coded bands.",
        product_type="Sport > Weights",
        category=(
            "Sporting Goods > Exercise & Fitness > Weight Lifting > Free Weights > Kettlebells"
        ),
    ),
    Sample(
        id="stacking-toy",
        kind="stacking-rings",
        colour="lavender",
        seed=2,
        brand="Birk",
        elevation=12.0,
        title="Birk Wooden Stacking Rings",
        price="24.90 EUR",
        description="Seven-piece stacking toy of painted beech.",
        product_type="Toys > Baby toys",
        category="Toys & Games > Toys > Baby & Toddler Toys > Sorting & Stacking Toys",
    ),
    Sample(
        id="coffee",
        kind="",
        colour="",
        seed=0,
        brand="Pikolo",
        title="Espresso in a Cup",
        price="3.20 EUR",
        description="A cup of espresso on a wooden table.",
        material="ceramic",
        view="lying",
        product_type="Grocery > Coffee",
        category="Food, Beverages & Tobacco > Beverages > Coffee",
    ),
)
