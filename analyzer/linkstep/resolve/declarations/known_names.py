"""Which distributions provide a module, where no environment can be asked.

Only what is well known: a module that is not here is not judged without an environment. The
first table has the names that differ from their distribution, with every distribution that
is known to install them; the second those that do not differ. The third says what a few
distributions always bring along, so that a module of theirs is not called undeclared
without need.
"""

from __future__ import annotations

from functools import cache

from packaging.utils import canonicalize_name

_DIFFERENT = """
AppKit pyobjc-framework-cocoa pyobjc
Crypto pycryptodome pycrypto
Cryptodome pycryptodomex
Cython cython
IPython ipython
Levenshtein levenshtein python-levenshtein
MySQLdb mysqlclient mysql-python
OpenGL pyopengl
OpenSSL pyopenssl
PIL pillow pillow-simd
PyInstaller pyinstaller
PyPDF2 pypdf2
PyQt5 pyqt5
PyQt6 pyqt6
Xlib python-xlib
absl absl-py
aiokafka aiokafka
aioredis aioredis
apt python-apt
attr attrs
attrs attrs
azure azure azure-core azure-identity azure-storage-blob azure-keyvault-secrets azure-common
bs4 beautifulsoup4 bs4
bson pymongo bson
cairo pycairo
cassandra cassandra-driver scylla-driver
click click
confluent_kafka confluent-kafka
corsheaders django-cors-headers
cv2 opencv-python opencv-python-headless opencv-contrib-python opencv-contrib-python-headless
dateutil python-dateutil
debug_toolbar django-debug-toolbar
decouple python-decouple
discord discord-py py-cord
django django
django_celery_beat django-celery-beat
django_filters django-filter
dns dnspython
docker docker
docx python-docx
dotenv python-dotenv
engineio python-engineio
environ django-environ environ-config
faiss faiss-cpu faiss-gpu faiss
fitz pymupdf
flask_admin flask-admin
flask_caching flask-caching
flask_cors flask-cors
flask_jwt_extended flask-jwt-extended
flask_login flask-login
flask_mail flask-mail
flask_migrate flask-migrate
flask_restful flask-restful
flask_socketio flask-socketio
flask_sqlalchemy flask-sqlalchemy
flask_wtf flask-wtf
fuse fusepy fuse-python
gi pygobject
git gitpython
github pygithub
gitlab python-gitlab
grpc grpcio
grpc_status grpcio-status
grpc_tools grpcio-tools
gridfs pymongo
haystack django-haystack farm-haystack haystack-ai
httplib2 httplib2
igraph igraph python-igraph
jenkins python-jenkins
jinja2 jinja2
jose python-jose
jwt pyjwt jwt
kafka kafka-python kafka-python-ng
kazoo kazoo
ldap python-ldap
ldap3 ldap3
lxml lxml
magic python-magic file-magic python-magic-bin
markdown markdown
markdown_it markdown-it-py
memcache python-memcached python3-memcached
milvus milvus pymilvus
mongoengine mongoengine
mpl_toolkits matplotlib
msgpack msgpack msgpack-python
mypy_extensions mypy-extensions
mysql mysql-connector-python mysql-connector
nacl pynacl
netCDF4 netcdf4
newspaper newspaper3k
oauth2client oauth2client
odf odfpy
oauth2_provider django-oauth-toolkit
oss2 oss2
pandas_gbq pandas-gbq
patch_ng patch-ng
paho paho-mqtt
peewee peewee
pep8ext_naming pep8-naming
pexpect pexpect
phonenumber_field django-phonenumber-field
phonenumbers phonenumbers phonenumberslite
pkg_resources setuptools
playhouse peewee
pptx python-pptx
prometheus_client prometheus-client
psycopg psycopg
psycopg2 psycopg2 psycopg2-binary
pwiz peewee
py7zr py7zr
pyaudio pyaudio
pycurl pycurl
pydantic_settings pydantic-settings
pylab matplotlib
pymongo pymongo
pymysql pymysql
pynput pynput
pyodbc pyodbc
pyparsing pyparsing
pythoncom pywin32
pytz pytz
pytest_asyncio pytest-asyncio
pywintypes pywin32
redis redis
rest_framework djangorestframework
rest_framework_simplejwt djangorestframework-simplejwt
ruamel ruamel-yaml ruamel-yaml-clib
saml2 pysaml2
scss pyscss
sendgrid sendgrid
serial pyserial
setuptools setuptools
simple_history django-simple-history
sentry_sdk sentry-sdk
skimage scikit-image
sklearn scikit-learn
slack slackclient
slack_sdk slack-sdk
slugify python-slugify awesome-slugify unicode-slugify
smbprotocol smbprotocol
snowflake snowflake-connector-python snowflake-sqlalchemy snowflake-snowpark-python
social_django social-auth-app-django
socketio python-socketio
socks pysocks
sortedcontainers sortedcontainers
speech_recognition speechrecognition
speedtest speedtest-cli
starlette starlette
storages django-storages
telegram python-telegram-bot
tls_client tls-client
tlz toolz cytoolz
typing_extensions typing-extensions
umap umap-learn
usb pyusb
uvicorn uvicorn
uwsgidecorators uwsgi
vlc python-vlc
websocket websocket-client
win32api pywin32
win32con pywin32
wx wxpython
xdg pyxdg xdg
yaml pyyaml
zmq pyzmq
"""

_SAME = """
aiofiles aiohttp aiomysql aiosqlite alembic amqp anyio apscheduler arrow asgiref asyncpg
authlib babel bcrypt billiard black bleach bokeh boto boto3 botocore bottle cachetools celery
certifi cffi chardet cherrypy colorama coverage croniter cryptography cytoolz dash dask
dataclasses_json deepdiff distributed docutils duckdb elasticsearch eventlet fabric factory_boy
falcon fastapi fastavro fiona flask folium freezegun fsspec gensim geopandas geopy gevent
greenlet gunicorn h11 h2 h5py httpcore httpx huggingface_hub humanize hypercorn hypothesis
idna influxdb inflection invoke isodate isort itsdangerous jmespath joblib jsonpatch
jsonpointer jsonschema keras keyring kombu langchain librosa lightgbm litestar llvmlite loguru
luigi lz4 mako markupsafe marshmallow matplotlib mlflow more_itertools moto motor multidict
mypy neo4j nltk nose notebook numba numpy openai openpyxl oracledb ormar orjson paramiko passlib
patsy pendulum pika plotly ply poetry polars prefect psutil pyarrow pycountry pydantic pyflakes
pygments pylint pymssql pyproj pyramid pyroute2 pytest quart rasterio regex reportlab requests
requests_mock requests_oauthlib requests_toolbelt responses retrying rich rsa s3fs s3transfer
sanic scipy scrapy seaborn selenium shapely simplejson six sniffio spacy sqlalchemy sqlmodel
sqlparse statsmodels streamlit stripe structlog sympy tabulate tenacity tensorflow textual
thrift tiktoken toml tomli tomlkit toolz torch torchaudio torchvision tornado tortoise tox tqdm
traitlets transformers trio twilio twisted typer ujson urllib3 uvloop voluptuous waitress
watchdog watchfiles websockets werkzeug wheel whitenoise wrapt wtforms xarray xgboost
xlrd xlsxwriter xmltodict yarl zeep zstandard
"""

_BRINGS = """
aiohttp multidict yarl frozenlist aiosignal attrs
alembic sqlalchemy mako
boto3 botocore s3transfer jmespath
botocore jmespath python-dateutil urllib3
celery kombu billiard vine click amqp
dask toolz pyyaml fsspec cloudpickle
django asgiref sqlparse
djangorestframework django
fastapi starlette pydantic anyio typing-extensions
flask werkzeug jinja2 click itsdangerous markupsafe
flask-sqlalchemy flask sqlalchemy
gevent greenlet zope-event zope-interface
gitpython gitdb
httpx httpcore anyio idna certifi h11 sniffio
ipython traitlets pygments prompt-toolkit
jinja2 markupsafe
jsonschema attrs
matplotlib numpy pillow python-dateutil pyparsing packaging
pandas numpy python-dateutil pytz
pydantic typing-extensions
pytest pluggy iniconfig packaging
requests urllib3 certifi idna charset-normalizer
rich pygments markdown-it-py
scikit-learn numpy scipy joblib
scipy numpy
sqlmodel sqlalchemy pydantic
starlette anyio
typer click rich
uvicorn click h11
"""


@cache
def known_providers() -> dict[str, frozenset[str]]:
    """Give the distributions, normalized, that provide each well-known top-level module.

    >>> sorted(known_providers()["yaml"]), sorted(known_providers()["requests"])
    (['pyyaml'], ['requests'])
    """
    table: dict[str, frozenset[str]] = {
        name: frozenset({str(canonicalize_name(name))}) for name in _SAME.split()
    }
    table["pandas"] = frozenset({"pandas"})
    table["factory"] = table.pop("factory_boy")
    for line in _DIFFERENT.strip().splitlines():
        module, *distributions = line.split()
        table[module] = frozenset(distributions)
    return table


@cache
def brought_along(name: str) -> frozenset[str]:
    """Give what a distribution always needs, directly or not, as far as it is well known.

    >>> "markupsafe" in brought_along("flask-sqlalchemy"), brought_along("six")
    (True, frozenset())
    """
    needs = {line.split()[0]: line.split()[1:] for line in _BRINGS.strip().splitlines()}
    found: set[str] = set()
    pending = [name]
    while pending:
        for needed in needs.get(pending.pop(), ()):
            if needed not in found:
                found.add(needed)
                pending.append(needed)
    return frozenset(found)
