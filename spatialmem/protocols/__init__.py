"""The roles that users replace, the values that pass through them, and what is asked of an own generator."""

from spatialmem.protocols.conformance import check_generator as check_generator
from spatialmem.protocols.conformance import examine as examine
from spatialmem.protocols.contract import Provenance as Provenance
from spatialmem.protocols.contract import check_frames as check_frames
from spatialmem.protocols.contract import check_sizes as check_sizes
from spatialmem.protocols.contract import empty_recall as empty_recall
from spatialmem.protocols.contract import provenance as provenance
from spatialmem.protocols.contract import restore as restore
from spatialmem.protocols.findings import Finding as Finding
from spatialmem.protocols.roles import Fusion as Fusion
from spatialmem.protocols.roles import Generator as Generator
from spatialmem.protocols.roles import Reconstructor as Reconstructor
from spatialmem.protocols.roles import Request as Request
from spatialmem.protocols.roles import Resumable as Resumable
from spatialmem.strictjson import Json as Json
