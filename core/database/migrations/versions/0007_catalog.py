"""add imports of files, and the words that products are found by"""

import re
from typing import Any

import sqlalchemy as sa
from alembic import op

import core.database.types

revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None

_IDENTIFIER = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
_WORD = sa.String(128).with_variant(sa.String(128, collation='C'), 'postgresql')
_AROUND = ".,;:!?()[]{}<>\"'«»„“”/-+_*"


def upgrade() -> None:
    op.create_table('product_words',
    sa.Column('word', _WORD, nullable=False),
    sa.Column('product_id', _IDENTIFIER, nullable=False, autoincrement=False),
    sa.ForeignKeyConstraint(['product_id'], ['products.id'], name=op.f('fk_product_words_product_id')),
    sa.PrimaryKeyConstraint('word', 'product_id', name=op.f('pk_product_words'))
    )
    op.create_index(op.f('ix_product_words_product_id'), 'product_words', ['product_id'], unique=False)
    op.create_table('file_imports',
    sa.Column('id', _IDENTIFIER, nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('file_name', sa.String(length=200), nullable=False),
    sa.Column('state', sa.String(length=20), nullable=False),
    sa.Column('actor', sa.String(length=80), nullable=False),
    sa.Column('lines', _IDENTIFIER, nullable=False),
    sa.Column('created_at', core.database.types.UtcDateTime(timezone=True), nullable=False),
    sa.Column('ended_at', core.database.types.UtcDateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_file_imports'))
    )
    op.create_table('file_import_portions',
    sa.Column('id', _IDENTIFIER, nullable=False),
    sa.Column('import_id', _IDENTIFIER, nullable=False),
    sa.Column('number', _IDENTIFIER, nullable=False),
    sa.Column('last_line', _IDENTIFIER, nullable=False),
    sa.Column('lines', _IDENTIFIER, nullable=False),
    sa.Column('stage', sa.String(length=20), nullable=False),
    sa.Column('rows', core.database.types.EncryptedJson(), nullable=False),
    sa.Column('plans', core.database.types.EncryptedJson(), nullable=True),
    sa.Column('added', _IDENTIFIER, nullable=False),
    sa.Column('changed', _IDENTIFIER, nullable=False),
    sa.Column('unchanged', _IDENTIFIER, nullable=False),
    sa.Column('wrong', _IDENTIFIER, nullable=False),
    sa.ForeignKeyConstraint(['import_id'], ['file_imports.id'], name=op.f('fk_file_import_portions_import_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_file_import_portions')),
    sa.UniqueConstraint('import_id', 'number', name=op.f('uq_file_import_portions_import_id_number'))
    )
    for table in ('reservations', 'stock_movements'):
        op.drop_index(op.f(f'ix_{table}_product_id'), table_name=table)
        op.create_index(op.f(f'ix_{table}_product_id_id'), table, ['product_id', 'id'], unique=False)
    _index_names(op.get_bind())


def downgrade() -> None:
    for table in ('reservations', 'stock_movements'):
        op.drop_index(op.f(f'ix_{table}_product_id_id'), table_name=table)
        op.create_index(op.f(f'ix_{table}_product_id'), table, ['product_id'], unique=False)
    op.drop_table('file_import_portions')
    op.drop_table('file_imports')
    op.drop_table('product_words')


def _index_names(connection: sa.Connection) -> None:
    """Make the products that are there findable."""
    products = sa.table('products', sa.column('id'), sa.column('sku'), sa.column('name'))
    words = sa.table('product_words', sa.column('word'), sa.column('product_id'))
    after = 0
    while rows := connection.execute(
        sa.select(products).where(products.c.id > after).order_by(products.c.id).limit(1000)
    ).all():
        after = rows[-1].id
        found = [{'word': word, 'product_id': row.id} for row in rows for word in _words_of(row)]
        connection.execute(sa.insert(words), found)


def _words_of(product: Any) -> list[str]:
    text = f'{product.sku} {product.name}'.casefold()
    whole = {token.strip(_AROUND) for token in text.split()}
    return sorted({word[:128] for word in whole | set(re.findall(r'\w+', text)) if word})
