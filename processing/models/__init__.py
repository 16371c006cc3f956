"""The rows: a result is a source, an alpha and a recipe, and a job brings them together."""

from processing.models.batches import Batch as Batch
from processing.models.batches import BatchArchive as BatchArchive
from processing.models.batches import BatchItem as BatchItem
from processing.models.folders import Folder as Folder
from processing.models.jobs import Doubtful as Doubtful
from processing.models.jobs import DoubtfulQuerySet as DoubtfulQuerySet
from processing.models.jobs import Job as Job
from processing.models.jobs import JobQuerySet as JobQuerySet
from processing.models.masks import Mask as Mask
from processing.models.masks import MaskRevision as MaskRevision
from processing.models.photos import Alpha as Alpha
from processing.models.photos import Source as Source
from processing.models.renditions import Rendition as Rendition
from processing.models.renditions import RenditionQuerySet as RenditionQuerySet
from processing.models.switches import SiteState as SiteState
from processing.models.tallies import KeyDay as KeyDay
from processing.models.tallies import Tally as Tally
from processing.models.tallies import UserDay as UserDay
from processing.models.workers import ModelInUse as ModelInUse
from processing.models.workers import Worker as Worker
