"""What Amazon's processing report of a feed says, in whatever XML it is written."""

from __future__ import annotations

import pytest

from plugins.amazon_channel.errors import UnreadableAnswer
from plugins.amazon_channel.mapping import read_processing_report

REPORT = """<?xml version="1.0" encoding="{encoding}"?>{declared}
<AmazonEnvelope><!-- made by the feed processor --><Message><ProcessingReport>
<StatusCode>Complete</StatusCode>
<ProcessingSummary><MessagesProcessed>1</MessagesProcessed><MessagesSuccessful>{well}</MessagesSuccessful>
<MessagesWithError>{bad}</MessagesWithError><MessagesWithWarning>0</MessagesWithWarning></ProcessingSummary>
{result}</ProcessingReport></Message></AmazonEnvelope>"""
REFUSAL = (
    "<Result><ResultCode>Error</ResultCode><ResultMessageCode>8560</ResultMessageCode>"
    "<ResultDescription><![CDATA[Weight < 1 & nothing else]]></ResultDescription></Result>"
)


def test_report_with_comments_and_unparsed_text_is_read() -> None:
    done = REPORT.format(encoding="UTF-8", declared="", well=1, bad=0, result="")
    assert read_processing_report(done.encode()).is_done
    refused = REPORT.format(encoding="UTF-8", declared="", well=0, bad=1, result=REFUSAL)
    verdict = read_processing_report(refused.encode())
    assert (verdict.is_done, verdict.reason) == (False, "Weight < 1 & nothing else (8560)")


@pytest.mark.parametrize("encoding", ["UTF-8", "UTF-16"])
def test_report_that_declares_something_of_its_own_is_not_read(encoding: str) -> None:
    declared = '<!DOCTYPE a [<!ENTITY b "1">]>'
    text = REPORT.format(encoding=encoding, declared=declared, well=1, bad=0, result="")
    with pytest.raises(UnreadableAnswer):
        read_processing_report(text.encode(encoding))
