"""What every page of the ERP bridge stands on."""

from __future__ import annotations

from flask import Blueprint

pages = Blueprint("erp_bridge", __name__, url_prefix="/erp", template_folder="../templates")

VIEW, MANAGE = "erp_bridge.view", "erp_bridge.manage"
